"""The command line. It may import everything, and talks to servers as any stranger does: through the client."""
