-- How many accounts a session's link may still make; null until the first one was, and then as many as it let in then. It is not
-- used up by signing up, only by joining, so a count of its own keeps one link from making accounts without end.
ALTER TABLE invites ADD COLUMN sign_ups_left BIGINT;
