"""Public discussion under any subject: threads, comments, their revisions, votes. Rooms attach it through :class:`SubjectRef`."""
