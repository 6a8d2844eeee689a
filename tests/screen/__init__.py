"""The windows on an X display of their own, played with the keys and the pointer of that display."""
