"""The loops: painting, delivering webhooks, sweeping. They know the service and the ports, never an adapter."""
