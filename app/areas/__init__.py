"""Places of the home country: their shapes, how many people live there, and which postcodes lie in them."""
