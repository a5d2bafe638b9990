import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "./shell/trusted";
import "./style/inter.css";
import "./style/tokens.css";
import "./style/elements.css";
import { router } from "./routes";

const queries = new QueryClient({
  defaultOptions: { queries: { retry: false, staleTime: 15_000 } },
});
const page = document.getElementById("page");
if (page)
  createRoot(page).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
