"""What `mergegate doctor` makes of how GitHub and this gate are set up: findings with the sentences that mend them."""
