"""The report: one page that shows tables, maps, sounds, walks and training curves of a data set."""
