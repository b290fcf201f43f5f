"""One module per surface: it parses a request, shows a task, words an error. It decides nothing."""
