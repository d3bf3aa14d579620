"""Who you are and what you may do: staff with a second factor, members by password or mailed link."""
