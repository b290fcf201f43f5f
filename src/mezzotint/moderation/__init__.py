"""Who may be refused, and why: one port."""
