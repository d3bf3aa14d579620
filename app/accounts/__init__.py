"""Who you are and what you may do. Staff sign in here; citizens' accounts come later."""
