"""What everything else is written in: parameters, models, tasks, accounts, signatures, errors. Pure, standard library only."""
