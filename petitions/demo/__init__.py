"""The room's demo: petitions of a county town that does not exist, in every state.

They are not written into the tables: they live through the same services as real ones, all of them
side by side on a clock that is turned back, so that the demo can hold nothing that the site could not.
"""

from petitions.demo.filling import fill

__all__ = ["fill"]
