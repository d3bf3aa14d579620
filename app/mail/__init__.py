"""Telling people: an outbox in the same transaction as the act, delivered by a postman afterwards.

A row holds which letter, in which language, to which row's owner; addresses and links are worked
out when it is sent, so nothing live lies in the table. Two lanes: what somebody is waiting for
goes first, news after.
"""
