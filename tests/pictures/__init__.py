"""A picture of every view, drawn anew from files recorded once and compared pixel by pixel with the one kept here."""
