"""What the judge draws anew: a finding's claim and a truth's exhibits, put to the model itself."""
