import HTTPTypes
import Hummingbird
import Identity
import LedgerCore
import Node

/// The frame of every page: head, header with the live head of the chain, content, help.
struct ConsolePage {
    /// Without the product's name.
    let title: String
    /// Names the page to style sheet and scripts.
    let kind: String
    /// Of the session; scripts send it along with what changes something.
    var guardToken: String?
    var caller: Caller?
    /// The caller in words.
    var who: WhoIsIn?
    /// The network's name.
    let network: String
    /// The address that `search` leads back to.
    var query: String = ""
    /// Data that the page's script fetches at once.
    var preload: String?

    /// The whole document.
    func html(_ content: (inout HTML) throws -> Void) rethrows -> [UInt8] {
        var html = HTML()
        html.raw("<!doctype html>")
        try html.element("html", [("lang", "en")]) { html in
            html.element("head") { head(&$0) }
            try html.element("body", [("data-page", kind)]) { html in
                html.element("a", [("class", "skip"), ("href", "#main")], "Skip to content")
                header(&html)
                try html.element("main", [("id", "main"), ("tabindex", "-1")], content)
                if caller != nil { ConsolePage.help(&html) }
            }
        }
        return html.bytes
    }

    private func head(_ html: inout HTML) {
        html.raw("<meta charset=\"utf-8\">")
        html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
        html.raw("<meta name=\"color-scheme\" content=\"light dark\">")
        html.element("title", "\(title) · Cairn")
        if let guardToken {
            html.void("meta", [("name", "guard"), ("content", guardToken)])
        }
        html.void("link", [("rel", "icon"), ("href", "/assets/cairn.svg")])
        html.void("link", [("rel", "stylesheet"), ("href", "/assets/console.css")])
        if let preload {
            html.void(
                "link",
                [
                    ("rel", "preload"), ("as", "fetch"), ("href", preload),
                    ("crossorigin", "anonymous"),
                ])
        }
        html.element("script", [("type", "module"), ("src", "/assets/\(script).js")], "")
    }

    private var script: String { caller == nil ? "login" : kind == "patient" ? "patient" : "shell" }

    private func header(_ html: inout HTML) {
        html.element("header", [("class", "bar")]) { html in
            html.element("a", [("class", "brand"), ("href", "/")]) { html in
                html.raw("<img src=\"/assets/cairn.svg\" alt=\"\" width=\"22\" height=\"22\">")
                html.element("span", "Cairn")
            }
            guard let caller else { return }
            if caller.roles.contains(where: Permissions.authors.contains) { search(&html) }
            html.element("nav", [("aria-label", "Console")]) { html in
                navigation(&html, caller)
            }
        }
    }

    private func search(_ html: inout HTML) {
        html.element("form", [("role", "search"), ("action", "/patients"), ("class", "find")]) {
            $0.element("label", [("class", "hidden"), ("for", "q")], "Find a patient")
            $0.void(
                "input",
                [
                    ("id", "q"), ("name", "q"), ("type", "search"), ("value", query),
                    ("placeholder", "Find a patient"), ("autocomplete", "off"),
                    ("spellcheck", "false"), ("aria-keyshortcuts", "/"), ("maxlength", "100"),
                ])
        }
    }

    private func navigation(_ html: inout HTML, _ caller: Caller) {
        if let who {
            let title = "\(who.roles) at \(who.member)"
            html.element("span", [("class", "me wide"), ("title", title)]) { html in
                html.element("span", who.person)
                html.element("span", [("class", "quiet")], who.member)
            }
        }
        html.element(
            "a",
            [("class", "head"), ("href", "/network"), ("title", "The chain's head, live")]
        ) { html in
            html.raw("<span class=\"mark half\" data-live=\"mark\" aria-hidden=\"true\"></span>")
            html.raw("<span class=\"wide\">Block </span><span data-live=\"height\">…</span>")
            html.raw("<span class=\"wide\" data-live=\"signers\"></span>")
        }
        html.element("button", [("type", "button"), ("class", "quiet"), ("data-do", "help")]) {
            $0.raw("<span aria-hidden=\"true\">?</span><span class=\"hidden\">Help</span>")
        }
        if guardToken != nil {
            html.element(
                "button", [("type", "button"), ("class", "quiet"), ("data-do", "leave")], "Log out")
        }
    }

    private static func help(_ html: inout HTML) {
        html.element("dialog", [("id", "help"), ("aria-labelledby", "help-title")]) { html in
            html.element("h2", [("id", "help-title")], "Keys")
            html.element("dl", [("class", "keys")]) { html in
                for (key, what) in [
                    ("/", "find a patient"), ("j", "next record"), ("k", "previous record"),
                    ("Enter", "open the record"), ("v", "verify the open record"),
                    ("+ −", "zoom the timeline"), ("← →", "move the timeline"),
                    ("0", "show all of it"), ("Esc", "close"), ("?", "this help"),
                ] {
                    html.element("dt") { $0.element("kbd", key) }
                    html.element("dd", what)
                }
            }
            html.element("p", [("class", "legend")]) { html in
                html.raw("<span class=\"mark hollow\" aria-hidden=\"true\"></span> stored ")
                html.raw("<span class=\"mark half\" aria-hidden=\"true\"></span> in the order ")
                html.raw("<span class=\"mark full\" aria-hidden=\"true\"></span> ")
                html.text("verified in this browser")
            }
            html.raw("<form method=\"dialog\"><button class=\"plain\">Close</button></form>")
        }
    }
}

extension Answer {
    static let html = "text/html; charset=utf-8"

    /// What the console's pages may load: themselves, and nothing from anywhere else.
    static let pagePolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        + "connect-src 'self'; frame-src 'self'; manifest-src 'self'; base-uri 'none'; "
        + "form-action 'self'; frame-ancestors 'none'"

    private static let resourcePolicy = HTTPField.Name.own("Cross-Origin-Resource-Policy")
    private static let openerPolicy = HTTPField.Name.own("Cross-Origin-Opener-Policy")
    private static let referrerPolicy = HTTPField.Name.own("Referrer-Policy")

    /// A page of the console.
    static func page(_ html: [UInt8], status: HTTPResponse.Status = .ok) -> Response {
        guarded(bytes(html, mediaType: self.html, status: status))
    }

    /// The headers that keep what the console serves to the console.
    static func guarded(_ response: Response) -> Response {
        var response = response
        response.headers[.contentSecurityPolicy] = pagePolicy
        response.headers[referrerPolicy] = "no-referrer"
        response.headers[resourcePolicy] = "same-origin"
        response.headers[openerPolicy] = "same-origin"
        return response
    }

    /// Leads to another page.
    static func redirect(_ path: String) -> Response {
        guarded(empty(.seeOther, headers: [.location: path]))
    }
}

extension Handlers {
    /// The frame of a page for this call.
    func page(
        _ call: Call, title: String, kind: String, query: String = "", preload: String? = nil
    ) -> ConsolePage {
        ConsolePage(
            title: title, kind: kind, guardToken: call.session?.guardToken, caller: call.caller,
            who: call.caller.map(whoIsIn), network: node.identity.genesis.body.name, query: query,
            preload: preload)
    }
}
