import { createRootRoute, createRoute, createRouter, Link, redirect } from "@tanstack/react-router";
import { Funnel } from "./pages/Funnel";
import { Live } from "./pages/Live";
import { Retention } from "./pages/Retention";
import { Trends } from "./pages/Trends";
import { readFunnel, readRetention, readTrends } from "./question/address";
import { Shell } from "./shell/Shell";

const root = createRootRoute({
  component: Shell,
  notFoundComponent: () => <p className="missing">There is no page here. <Link to="/live">To what is happening now</Link></p>,
});
const under = { getParentRoute: () => root };

const routeTree = root.addChildren([
  createRoute({ ...under, path: "/", beforeLoad: () => { redirect({ to: "/live", throw: true }); } }),
  createRoute({ ...under, path: "/live", component: Live }),
  createRoute({ ...under, path: "/trends", component: Trends, validateSearch: readTrends }),
  createRoute({ ...under, path: "/funnel", component: Funnel, validateSearch: readFunnel }),
  createRoute({ ...under, path: "/retention", component: Retention, validateSearch: readRetention }),
]);

export const router = createRouter({ routeTree, scrollRestoration: true });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
