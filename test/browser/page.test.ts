import { describeAlarms } from "./alarms.suite.ts";
import { useDesk } from "./desk.ts";
import { describeModels } from "./models.suite.ts";
import { describeOperator } from "./operator.suite.ts";
import { describePlant } from "./plant.suite.ts";
import { describeTrouble } from "./trouble.suite.ts";

// One file, so that all of it shares one build and one browser.
const desk = useDesk();
describePlant(desk);
describeOperator(desk);
describeModels(desk);
describeTrouble(desk);
describeAlarms(desk);
