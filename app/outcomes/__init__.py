"""What departments owe: referrals with a due date, and their versioned answers."""
