"""The only code that opens connections to addresses that users chose."""
