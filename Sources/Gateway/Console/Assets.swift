import HTTPTypes
import Hummingbird
import LedgerCore
import Node

/// The files that pages load, as they were built in.
enum Asset {
    struct File: Sendable {
        let bytes: [UInt8]
        let mediaType: String
        let etag: String

        init(_ bytes: [UInt8], _ mediaType: String) {
            self.bytes = bytes
            self.mediaType = mediaType
            etag = "\"\(Hex.encode(Digest.sha256(bytes).bytes.prefix(12)))\""
        }
    }

    private static let script = "text/javascript; charset=utf-8"

    static let files: [String: File] = [
        "cairn.svg": File(PackageResources.cairn_svg, "image/svg+xml"),
        "console.css": File(PackageResources.console_css, "text/css; charset=utf-8"),
        "ask.js": File(PackageResources.ask_js, script),
        "login.js": File(PackageResources.login_js, script),
        "shell.js": File(PackageResources.shell_js, script),
        "patient.js": File(PackageResources.patient_js, script),
        "timeline.js": File(PackageResources.timeline_js, script),
        "panel.js": File(PackageResources.panel_js, script),
        "ecg.js": File(PackageResources.ecg_js, script),
        "verify.js": File(PackageResources.verify_js, script),
        "wire.js": File(PackageResources.wire_js, script),
    ]
}

extension Handlers {
    /// GET /assets/{name}: the same for everyone, and so without credentials.
    func asset(_ call: Call) throws -> Response {
        guard let file = Asset.files[call.argument(0)] else {
            throw NodeError(.notFound, "there is nothing at this path")
        }
        var headers = HTTPFields()
        headers[.eTag] = file.etag
        let isKnown = call.header(.ifNoneMatch)?.contains(file.etag) ?? false
        var response =
            isKnown
            ? Answer.empty(.notModified, headers: headers)
            : Answer.bytes(file.bytes, mediaType: file.mediaType, headers: headers)
        // Asked for again each time, and answered with 304: a new version counts at once.
        response.headers[.cacheControl] = "no-cache"
        return Answer.guarded(response)
    }
}
