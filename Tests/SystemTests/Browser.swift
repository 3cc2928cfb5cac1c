import Foundation

/// Headless Chromium, driven over WebDriver (W3C) by Debian's chromium-driver. It is killed when
/// nobody holds it any more.
final class Browser: Sendable {
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    private let driver: ChildProcess
    private let url: String
    private let session: String

    /// Whether this machine has what it takes: `Scripts/install-packages.sh --tests` installs it.
    static let program = "/usr/bin/chromedriver"

    /// - Parameters:
    ///   - width: of the page, in CSS pixels.
    ///   - isDark: the theme that the person prefers.
    static func start(width: Int, height: Int = 900, isDark: Bool = false) async throws -> Browser {
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw Problem(description: "\(program) is missing: Scripts/install-packages.sh --tests")
        }
        let driver = try ChildProcess(program, ["--port=0"])
        let end = Deadline(seconds: 60)
        var port: String?
        while port == nil {
            guard driver.isRunning, !end.isOver else {
                throw Problem(description: "chromedriver did not start: \(driver.stderr)")
            }
            try await Task.sleep(for: .milliseconds(20))
            port = driver.stdout.components(separatedBy: "successfully on port ").dropFirst().first
                .flatMap { $0.contains(".") ? String($0.prefix { $0.isNumber }) : nil }
        }
        let url = "http://127.0.0.1:\(port ?? "")"
        let options: [String: Any] = [
            "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--hide-scrollbars", "--window-size=\(width),\(height)",
            ]
        ]
        let wanted: [String: Any] = [
            "capabilities": [
                "alwaysMatch": [
                    "goog:chromeOptions": options, "goog:loggingPrefs": ["browser": "ALL"],
                ]
            ]
        ]
        let made = try await ask("POST", "\(url)/session", wanted)
        guard let session = (made as? [String: Any])?["sessionId"] as? String else {
            throw Problem(description: "no browser session: \(made)")
        }
        let browser = Browser(driver: driver, url: url, session: session)
        try await browser.devtools(
            "Emulation.setDeviceMetricsOverride",
            ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": false])
        try await browser.devtools(
            "Emulation.setEmulatedMedia",
            ["features": [["name": "prefers-color-scheme", "value": isDark ? "dark" : "light"]]])
        return browser
    }

    private init(driver: ChildProcess, url: String, session: String) {
        self.driver = driver
        self.url = url
        self.session = session
    }

    /// By curl: Foundation's own client does not read chromedriver's answers.
    private static func ask(
        _ method: String, _ url: String, _ body: [String: Any]? = nil
    ) async throws -> Any {
        let data = try JSONSerialization.data(withJSONObject: body ?? [:])
        var arguments = ["-s", "-X", method, "-H", "Content-Type: application/json", url]
        if body != nil { arguments += ["--data-binary", "@-"] }
        let curl = try ChildProcess(
            "/usr/bin/curl", arguments, input: String(decoding: data, as: UTF8.self))
        let result = try await curl.result(timeoutSeconds: 60)
        let answer = try? JSONSerialization.jsonObject(with: Data(result.stdout.utf8))
        guard result.exit == 0, let value = (answer as? [String: Any])?["value"] else {
            throw Problem(description: "\(method) \(url): \(result)")
        }
        if let error = (value as? [String: Any])?["error"], !(error is NSNull) {
            throw Problem(description: "\(method) \(url): \(error) \(result.stdout.prefix(500))")
        }
        return value
    }

    private func ask(_ method: String, _ path: String, _ body: [String: Any]?) async throws -> Any {
        try await Browser.ask(method, "\(url)/session/\(session)\(path)", body)
    }

    /// Leaves the page and closes the browser.
    func quit() async throws {
        _ = try await ask("DELETE", "", nil)
        driver.kill()
    }

    func open(_ url: String) async throws { _ = try await ask("POST", "/url", ["url": url]) }

    /// Runs a function's body in the page; promises are waited for.
    @discardableResult
    func run(_ script: String) async throws -> Any {
        let body = """
            const done = arguments[arguments.length - 1];
            (async () => { \(script) })().then((value) => done({ value }),
                (error) => done({ error: String(error) }));
            """
        let result = try await ask("POST", "/execute/async", ["script": body, "args": [Any]()])
        let object = result as? [String: Any] ?? [:]
        if let error = object["error"] { throw Problem(description: "\(error) in: \(script)") }
        return object["value"] ?? NSNull()
    }

    func text(_ script: String) async throws -> String {
        try await run("return \(script)") as? String ?? ""
    }

    func number(_ script: String) async throws -> Double {
        (try await run("return \(script)") as? NSNumber)?.doubleValue ?? .nan
    }

    /// Waits until an expression is true.
    func wait(_ condition: String, seconds: Double = 20) async throws {
        let end = Deadline(seconds: seconds)
        while true {
            let holds = try await run("return Boolean(\(condition))") as? Bool ?? false
            if holds { return }
            guard !end.isOver else {
                let page = try await text("document.body.innerText")
                throw Problem(description: "never true: \(condition)\n\(page.prefix(2_000))")
            }
            try await Task.sleep(for: .milliseconds(30))
        }
    }

    /// Types keys as a keyboard does.
    func press(_ keys: String) async throws {
        let actions: [[String: Any]] = keys.flatMap { key in
            ["keyDown", "keyUp"].map { ["type": $0, "value": String(key)] }
        }
        _ = try await ask(
            "POST", "/actions",
            ["actions": [["type": "key", "id": "keyboard", "actions": actions]]])
    }

    @discardableResult
    func devtools(_ command: String, _ parameters: [String: Any] = [:]) async throws -> Any {
        try await ask("POST", "/goog/cdp/execute", ["cmd": command, "params": parameters])
    }

    /// What the page complained about since it was last asked: errors, refused loads, violations
    /// of the content policy.
    func complaints() async throws -> [String] {
        let lines = try await ask("POST", "/se/log", ["type": "browser"]) as? [[String: Any]] ?? []
        return lines.filter {
            $0["level"] as? String != "INFO" && $0["level"] as? String != "DEBUG"
        }
        .map { "\($0["level"] ?? ""): \($0["message"] ?? "")" }
    }

    /// Keeps a picture of the page under `.build/screenshots`.
    func picture(_ name: String, isWhole: Bool = false) async throws {
        let answer = try await devtools(
            "Page.captureScreenshot", ["format": "png", "captureBeyondViewport": isWhole])
        guard let text = (answer as? [String: Any])?["data"] as? String,
            let data = Data(base64Encoded: text)
        else { throw Problem(description: "no picture") }
        let folder = CairnBinary.repository.appending(path: ".build/screenshots")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try data.write(to: folder.appending(path: "\(name).png"))
    }
}
