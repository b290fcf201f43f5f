"""What `scripts/mutate` does: it makes faults in the modules that everything else trusts, one at a time, and tells which no test notices."""
