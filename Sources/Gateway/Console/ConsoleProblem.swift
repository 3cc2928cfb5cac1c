import HTTPTypes
import Hummingbird
import Identity
import Node

/// Failures of pages, in the words of the error and in the page's form.
enum ConsoleProblem {
    /// Whether somebody looks at a page, who should not get JSON.
    static func isPage(_ request: Request, _ target: RequestTarget) -> Bool {
        isPage(request, target, of: Operation.pages)
    }

    /// Whether a browser comes to the start page, which logs strangers in. Any other program gets
    /// the 401 of every path.
    static func isStartPage(_ request: Request, _ target: RequestTarget) -> Bool {
        isPage(request, target, of: [.home])
    }

    private static func isPage(
        _ request: Request, _ target: RequestTarget, of operations: Set<Operation>
    ) -> Bool {
        switch RouteTable.match(request.method, path: target.path) {
        case .found(let route, _): guard operations.contains(route.operation) else { return false }
        case .unknown:
            // A mistyped address; the paths of the interfaces answer programs.
            let isOfPrograms = ["/fhir", "/api", "/assets", "/peer", "/."].contains {
                target.path.hasPrefix($0)
            }
            guard operations == Operation.pages, request.method == .get, !isOfPrograms else {
                return false
            }
        case .otherMethod: return false
        }
        let accept = request.headers[.accept].map(MediaRange.list) ?? []
        return accept.contains { $0.type == "text/html" }
    }

    /// The page in place of an answer that an API's client would get.
    static func page(
        _ error: any Error, _ answer: Response, _ outcome: Authenticator.Outcome?,
        network: String, requestID: String
    ) -> Response {
        let problem =
            error as? NodeError
            ?? NodeError(
                .damaged, "the node could not do this (incident \(requestID))",
                hint: "tell the operator this incident's number")
        var response: Response
        if problem.code == .unauthorized {
            response = LogInPage.answer(network: network, problem: problem)
        } else {
            let page = ConsolePage(
                title: "Not possible", kind: "problem", guardToken: outcome?.session?.guardToken,
                caller: outcome?.caller, network: network)
            let html = page.html { html in
                html.element("section", [("class", "notice")]) { html in
                    html.element("h1", LogInPage.sentence(problem.message))
                    if let hint = problem.hint {
                        html.element("p", LogInPage.sentence(hint))
                    }
                    html.element("p") { $0.element("a", [("href", "/")], "Back to the start") }
                }
            }
            response = Answer.page(html, status: answer.status)
        }
        if let wait = answer.headers[.retryAfter] { response.headers[.retryAfter] = wait }
        return response
    }
}
