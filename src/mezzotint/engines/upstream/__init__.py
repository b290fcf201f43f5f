"""Pictures from providers: asked for once, followed to their end, and never asked for twice where nobody knows how it went."""
