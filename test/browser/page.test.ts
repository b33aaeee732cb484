import { describeAlarms } from "./alarms.suite.ts";
import { useDesk } from "./desk.ts";
import { describeFind } from "./find.suite.ts";
import { describeModels } from "./models.suite.ts";
import { describeOperator } from "./operator.suite.ts";
import { describePlant } from "./plant.suite.ts";
import { describeTable } from "./table.suite.ts";
import { describeTemplateModels } from "./template-model.suite.ts";
import { describeTrends } from "./trend.suite.ts";
import { describeTrouble } from "./trouble.suite.ts";
import { describeTwin } from "./twin.suite.ts";

// One file, so that all of it shares one build and one browser.
const desk = useDesk();
describePlant(desk);
describeOperator(desk);
describeModels(desk);
describeTrouble(desk);
describeAlarms(desk);
describeTwin(desk);
describeTemplateModels(desk);
describeTrends(desk);
describeFind(desk);
describeTable(desk);
