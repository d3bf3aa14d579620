"""Bodies that receive outcomes and answer them, and who acts for them."""
