"""The server: surfaces, keys, signed pictures, the workers' door, health. Never an adapter, never a loop of its own."""
