"""What many entries or pages have in common is rendered once; what each has of its own is filled in.

Whoever is rendered gets a *hole* in the place of each thing of its own. What comes of that, cut at its holes, is a
*stencil*, and a stencil is *filled* for everyone who is alike in all the rest. Templates and pages meet it in five ways:

``once(key, macro, …)`` and ``once_each(keys, macro, find)``
    A part of a page that shows nothing but what its key holds: no holes, kept whole (``fragments.py``).
``alike(entries, macro)``
    Entries of a list, told apart by what they have ``alike``; their stencils are kept (``fragments.py``).
``filled(rows, macro)``
    Rows of a long table, told apart by which of their cells are empty; their stencils last for this table (``rows.py``).
``pages.framed(template, key, entries, own, …)``
    A whole page but for its entries and an address or two: its stencil is a *frame* (``frames.py``).

Three things hold for all of them. A key holds everything that is shown and is no hole; the language is always in it.
What is empty gets no hole, so that a template may ask for it. What fills a hole is escaped, unless it is markup.
"""
