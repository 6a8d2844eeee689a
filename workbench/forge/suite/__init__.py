"""Many organisms of one base, clean ones among them, sealed under names that say nothing: a testbed for auditors."""
