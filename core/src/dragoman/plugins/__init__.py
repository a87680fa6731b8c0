"""The plugin host: which plugins there are, which one is asked, and what happens where one is broken."""
