"""Who comes in: passwords, sessions, tokens, and what forms carry against forgery."""
