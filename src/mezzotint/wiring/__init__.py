"""The composition root: settings become a running service. The only package that knows which adapter is in use."""
