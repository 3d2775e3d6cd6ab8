import { createHttp } from "@madang/client/http";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fixtureBackend } from "../dev/backend.js";
import { joinCodeKept } from "../src/account/code.js";
import DoorPage from "../src/account/DoorPage.js";
import { exportAddress } from "../src/account/later-http.js";
import { forgetWay, rememberCode, rememberWay, signUpCodeKept, wayOf } from "../src/account/way.js";
import { startLanguage, withWords } from "../src/i18n/index.js";
import { BackendContext } from "../src/session/backend.js";
import type { Backend } from "../src/session/types.js";
import { type Door, pathOf, routeOf } from "../src/shell/route.js";

beforeEach(async () => {
  await startLanguage("en");
  await withWords(async () => undefined)();
});
afterEach(() => {
  cleanup();
  sessionStorage.clear();
  history.replaceState(null, "", "/");
});

async function open(door: Door, query: string, more: Partial<Backend["actions"]> = {}) {
  const backend = fixtureBackend(new URLSearchParams(query));
  const actions = new Proxy(backend.actions, {
    get: (from, name) => more[name as keyof typeof more] ?? Reflect.get(from, name),
  });
  await act(async () => {
    render(
      <BackendContext value={{ ...backend, actions }}>
        <DoorPage door={door} />
      </BackendContext>,
    );
  });
}

const heading = () => screen.getByRole("heading", { level: 1 }).textContent;

describe("a link that lets people in", () => {
  it("says which session it is, who asks one in, and what one may do there", async () => {
    history.replaceState(null, "", "/join#ABC");
    await open("join", "nobody");
    expect(heading()).toBe("Join “Where to launch”");
    expect(
      screen.getByText(/박준 invites you to this session\. You will read and write in it\./),
    ).toBeTruthy();
    for (const name of ["Make an account", "Log in", "Continue as a guest"]) {
      expect(screen.getByRole("button", { name })).toBeTruthy();
    }
    // Whoever goes on to another door comes back with it.
    expect(joinCodeKept()).toBe("ABC");
    expect(signUpCodeKept()).toBe("ABC");
  });

  it("makes no account where only administrators do, and says whom to ask", async () => {
    history.replaceState(null, "", "/join#ROOM");
    await open("join", "nobody&closed");
    expect(screen.queryByRole("button", { name: "Make an account" })).toBeNull();
    expect(screen.getByText(/Ask whoever runs this server for one/)).toBeTruthy();
    expect(screen.getByRole("button", { name: "Log in" })).toBeTruthy();
  });

  it("that is gone says so, in the same words whatever the reason", async () => {
    history.replaceState(null, "", "/join#GONE");
    await open("join", "nobody");
    expect(heading()).toBe("This link lets nobody in any more");
    expect(wayOf()).toBe("/");
  });

  it("that goes between looking and joining says so too", async () => {
    history.replaceState(null, "", "/join#ABC");
    const joinSession = vi.fn(() =>
      Promise.reject({ code: "SESSION_FULL", message: "", retryAfter: undefined }),
    );
    await open("join", "x", { joinSession });
    await act(async () => {
      fireEvent.click(screen.getByRole("button", { name: "Join" }));
    });
    expect(joinSession).toHaveBeenCalledExactlyOnceWith("ABC");
    expect(screen.getByRole("alert").textContent).toContain("This session is full.");
  });

  it("opens the session for one who belongs to it", async () => {
    history.replaceState(null, "", "/join#MEMBER");
    await open("join", "x");
    expect(screen.getByRole("button", { name: "Open the session" })).toBeTruthy();
  });
});

describe("signing up", () => {
  it("is not offered where it is closed, and says whom to ask", async () => {
    await open("sign-up", "nobody&signup=closed");
    expect(screen.getByRole("alert").textContent).toContain("Ask whoever runs it.");
    expect(screen.queryByRole("textbox")).toBeNull();
  });

  it("asks for an invitation where one is needed, and not of those who came with one", async () => {
    await open("sign-up", "nobody");
    expect(screen.getByLabelText("Invitation")).toBeTruthy();
    cleanup();
    // A link into a session makes no accounts by itself.
    rememberWay("/join#ABC");
    await open("sign-up", "nobody");
    expect(screen.getByLabelText("Invitation")).toBeTruthy();
    cleanup();
    rememberCode("ABC");
    await open("sign-up", "nobody");
    expect(screen.queryByLabelText("Invitation")).toBeNull();
  });

  it("tells a guest that what they wrote stays theirs", async () => {
    await open("sign-up", "guest&signup=open");
    expect(screen.getByText("What you wrote as a guest stays yours.")).toBeTruthy();
  });
});

describe("the first administrator", () => {
  it("has a link whose token does not stay in the address", async () => {
    history.replaceState(null, "", "/bootstrap#SECRET");
    await open("bootstrap", "nobody&bootstrap");
    expect(location.href).not.toContain("SECRET");
    expect(screen.getByLabelText("Your name")).toBeTruthy();
  });

  it("is only one", async () => {
    history.replaceState(null, "", "/bootstrap#SECRET");
    await open("bootstrap", "nobody");
    expect(screen.getByRole("alert").textContent).toBe("This server has an administrator already.");
  });
});

describe("the way back", () => {
  it("is a path of this server and of nothing else", () => {
    for (const path of ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"]) {
      rememberWay(path);
      expect(wayOf()).toBe("/");
    }
    rememberWay("/s/ses_1#msg_2");
    expect(wayOf()).toBe("/s/ses_1#msg_2");
    forgetWay();
    expect(wayOf()).toBe("/");
  });
});

describe("addresses", () => {
  it("of files are those that the SDK gives", () => {
    const { href } = new URL(exportAddress("ses_1/2", "json"), location.origin);
    expect(href).toBe(createHttp({ url: location.origin }).exportUrl("ses_1/2", "json"));
  });

  it("name pages, their parts, and messages", () => {
    expect(routeOf("/admin/usage")).toEqual({ sessionId: undefined, page: "admin", part: "usage" });
    expect(routeOf("/s/ses_1", "#msg_2")).toEqual({ sessionId: "ses_1", messageId: "msg_2" });
    expect(routeOf("/s/ses_1", "#<script>")).toEqual({ sessionId: "ses_1" });
    expect(routeOf("/nowhere")).toEqual({ sessionId: undefined });
    expect(pathOf({ sessionId: "ses_1", messageId: "msg_2" })).toBe("/s/ses_1#msg_2");
    expect(pathOf({ sessionId: undefined, page: "join" })).toBe("/join");
  });
});
