DROP TABLE run_deliveries;
DROP TABLE runs;
DROP TABLE heads;
DROP TABLE pulls;
DROP TABLE deliveries;
