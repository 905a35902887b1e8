"""The questionnaire in the browser: one local page that asks, saves every answer, and shows what it does to the decision."""
