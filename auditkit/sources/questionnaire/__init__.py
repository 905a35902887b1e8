"""The questionnaire: what no evidence answers, asked in plain words."""
