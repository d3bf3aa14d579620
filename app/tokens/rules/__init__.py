"""What a token may be, and what stops one."""
