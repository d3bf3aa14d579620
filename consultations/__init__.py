"""The consultations room: a department asks, people answer, the department says what it heard and what it did.

A consultation is written by officials, approved by another one, and open between two instants. People answer a
questionnaire, comment on a draft text, discuss. After closing its officers read and code what was said, publish it
as far as its writers agreed, and owe an answer by a day that everyone can see.
Start reading at :mod:`consultations.room`, then :mod:`consultations.rules.lifecycle` and
:mod:`consultations.rules.questionnaire`.
"""
