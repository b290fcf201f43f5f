"""The use cases, written against ports: submit, read, cancel, generate. Never an adapter."""
