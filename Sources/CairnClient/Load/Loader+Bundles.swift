import FHIR
import LedgerCore

extension Loader {
    static let fhirJSON = "application/fhir+json"

    /// Sends a batch or transaction as it is, or a lone resource.
    func send(file: LoadPlan.File) async throws -> LoadResult {
        var result = LoadResult()
        result.sizeBytes = file.sizeBytes
        let place = LoadPlace(file.path)
        do {
            let bytes = try OpenFile(file.path).readAll(max: Loader.jsonBytesMax)
            let digest = Digest.sha256(bytes)
            let text = ByteOrderMark.dropped(bytes)
            if file.kind == .resource {
                try await send(resource: text, place: place, file: digest, into: &result)
            } else {
                let bundle = try BundleReader(try JSONDocument(parsing: text).root)
                try await send(bundle, text, digest, place: place, into: &result)
            }
        } catch let error as ClientError {
            result.fail(place, error)
        } catch let error as JSONError {
            result.fail(place, code: "json", error.description)
        } catch let error as Issue {
            result.fail(place, code: error.code.rawValue, error.diagnostics)
        }
        return result
    }

    private func send(
        _ bundle: BundleReader, _ bytes: [UInt8], _ digest: Digest, place: LoadPlace,
        into result: inout LoadResult
    ) async throws {
        var request = ClientRequest(
            .post, "/fhir", headers: headers(key: "\(digest)-0"),
            body: .bytes(bytes, digest: Digest.sha256(bytes)))
        let plain = request
        if let stamp = try stamps.bundle(bundle) {
            request.headers.append(("Cairn-Stamp", stamp.header))
        }
        let response: ClientResponse
        do {
            response = try await client.send(request)
        } catch let error as ClientError {
            // An entry updates what exists: a stamp cannot say which version, the node can.
            guard case .refused(409, _) = error.asRefusal else { throw error }
            response = try await client.send(plain)
        }
        try await count(response, of: bundle, digest, place: place, into: &result)
    }

    /// Reads the answer entry by entry.
    private func count(
        _ response: ClientResponse, of bundle: BundleReader, _ digest: Digest, place: LoadPlace,
        into result: inout LoadResult
    ) async throws {
        guard let root = try? JSONDocument(parsing: response.body).root,
            root["resourceType"]?.isString("Bundle") ?? false
        else { throw ClientError.unexpected(what: "no Bundle answers the bundle") }
        let answers = root["entry"].map { Array($0.elements) } ?? []
        guard answers.count == bundle.entries.count else {
            throw ClientError.unexpected(what: "it answers \(answers.count) entries")
        }
        for (entry, answer) in zip(bundle.entries, answers) {
            let here = LoadPlace(place.path, .entry(entry.index))
            let status = Loader.status(answer["response"]?["status"]?.string)
            switch status {
            case 200..<400 where BundleWrites.writes(entry):
                result.count(
                    Loader.effect(entry, status, answer["response"], isReplay: response.isReplay))
            case 200..<400: break
            case 409 where entry.request?.method == .put:
                // As above: alone it can say what it follows.
                try await send(
                    resource: Array(entry.resource?.rawBytes ?? []), place: here, file: digest,
                    into: &result)
            default:
                let body = answer["response"]?["outcome"].map { Array($0.rawBytes) } ?? []
                let error = ErrorBody.read(status: status, body)
                result.fail(here, code: error.code, "\(error.message) (\(status))")
                if status >= 500 { result.hasServerFailure = true }
            }
        }
    }

    /// What an entry that was carried out did.
    private static func effect(
        _ entry: BundleEntry, _ status: Int, _ response: JSONView?, isReplay: Bool
    ) -> LoadEffect {
        if isReplay { return .existing }
        switch entry.request?.method {
        case .put: return status == 201 ? .created : .updated
        // What was not there has no version to name.
        case .delete: return response?["etag"] == nil ? .existing : .updated
        default: return status == 201 ? .created : .existing
        }
    }

    /// `201 Created` is 201.
    static func status(_ text: String?) -> Int { text.flatMap { Int($0.prefix(3)) } ?? 0 }

    /// The header fields of a write.
    ///
    /// - Parameter key: the idempotency key of a POST.
    func headers(
        key: String?, contentType: String = Loader.fhirJSON
    ) -> [(name: String, value: String)] {
        let fields = [
            (name: "Content-Type", value: contentType), (name: "Accept", value: Loader.fhirJSON),
            (name: "Prefer", value: "return=minimal"),
        ]
        return fields + (key.map { [(name: "Idempotency-Key", value: $0)] } ?? [])
    }
}

extension ClientResponse {
    /// Whether it is the answer of an earlier request with the same idempotency key.
    var isReplay: Bool { header("idempotency-replayed") == "true" }
}

extension ClientError {
    /// A conflict that names its record, as the plain refusal it also is.
    var asRefusal: ClientError {
        if case .follows(_, _, let answer) = self { .refused(status: 409, answer) } else { self }
    }
}
