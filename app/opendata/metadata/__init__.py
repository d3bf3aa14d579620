"""What datasets mean, in the words of two standards: CSV on the Web for a table, DCAT for all of them."""
