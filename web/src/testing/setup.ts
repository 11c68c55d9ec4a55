import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

// As patient as a test is: a machine that does other things as well may take seconds for what usually takes none.
configure({ asyncUtilTimeout: 20_000 });

afterEach(cleanup);
