"""Webhooks: public facts told to programs elsewhere, signed, by the Standard Webhooks scheme.

A fact becomes rows in its own transaction (:mod:`.service.queueing`); the courier takes them out after that
(:mod:`.courier`) and connects to nothing but what it has checked (:mod:`.wire`). See docs/decisions/0040.
"""
