"""What led to what: a petition to a consultation, a consultation to a hall. Each step is linked both ways, and all of
them read as one story.

It knows subjects by kind and number alone; what there is to tell of each, its room contributes
(:mod:`app.trails.contribution`). Drawers: rules, model, queries, service, web, as in a room.
"""
