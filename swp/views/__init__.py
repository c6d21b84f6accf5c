"""Pages, dialogs and fragments of Shared Workplace, by subject."""
