import FHIR
import LedgerCore

extension Loader {
    /// Another writer may come between twice, not for ever.
    private static let attemptsMax = 3

    /// Sends one resource: PUT under its id, else POST.
    ///
    /// - Parameter file: the hash of the whole file, for the idempotency key of a POST.
    func send(
        resource content: [UInt8], place: LoadPlace, file: Digest, into result: inout LoadResult
    ) async throws {
        do {
            let root = try JSONDocument(parsing: content).root
            guard let type = root["resourceType"]?.string, !type.isEmpty else {
                result.fail(place, code: "structure", "is no FHIR resource: no resourceType")
                return
            }
            if let target = Loader.target(of: root) {
                result.count(try await put(target, root, place))
            } else {
                let response = try await write(
                    .post, "/fhir/\(RequestTarget.segment(type))", Array(root.rawBytes),
                    key: "\(file)-\(place.number)")
                result.count(LoadEffect(creation: response))
            }
        } catch let error as ClientError {
            result.fail(place, error)
        } catch let error as JSONError {
            result.fail(place, code: "json", error.description)
        }
    }

    /// Where a resource with an id is PUT; `nil` where it has none.
    static func target(of resource: JSONView) -> String? {
        guard let type = resource["resourceType"]?.string, !type.isEmpty,
            let id = resource["id"]?.string, !id.isEmpty
        else { return nil }
        return "/fhir/\(RequestTarget.segment(type))/\(RequestTarget.segment(id))"
    }

    /// Sends one stamped write.
    func write(
        _ method: ClientRequest.Method, _ target: String, _ body: [UInt8], key: String? = nil,
        follows: StampedRequest.Follows? = nil
    ) async throws -> ClientResponse {
        let stamp = try stamps.write(body[...], follows: follows)
        return try await client.send(
            ClientRequest(
                method, target,
                headers: headers(key: key) + [(name: "Cairn-Stamp", value: stamp.header)],
                body: .bytes(body, digest: Digest.sha256(body))))
    }

    /// Stores a resource under its id, unless the server holds the same already.
    ///
    /// The first request is stamped as a creation: where the resource is there, or was, the node
    /// refuses it and names the version that a stamp must follow. Only then is anything read and
    /// compared. An idempotency key would answer for what was changed or deleted since.
    private func put(
        _ target: String, _ resource: JSONView, _ place: LoadPlace
    ) async throws -> LoadEffect {
        let body = Array(resource.rawBytes)
        var follows: StampedRequest.Follows?
        for _ in 0..<Loader.attemptsMax {
            do {
                let response = try await write(.put, target, body, follows: follows)
                return response.status == 201 ? .created : .updated
            } catch let error as ClientError {
                guard case .follows(let record, let version, _) = error else { throw error }
                if try await serverHolds(resource, at: target) { return .existing }
                if await twins.isSuperseded(target, at: place) { return .existing }
                follows = StampedRequest.Follows(record: record, version: version)
            }
        }
        throw ClientError.refused(
            status: 409,
            .init(code: "conflict", message: "others keep changing it", hint: "try again"))
    }

    /// Whether the newest version at `target` is this resource. What is gone, or is a file too
    /// large for JSON, is not.
    private func serverHolds(_ resource: JSONView, at target: String) async throws -> Bool {
        let held: ClientResponse
        do {
            held = try await client.send(
                ClientRequest(.get, target, headers: [("Accept", Loader.fhirJSON)]))
        } catch let error as ClientError {
            switch error {
            case .notFound, .refused(406, _): return false
            default: throw error
            }
        }
        let comparison = HeldComparison(
            sent: resource, held: try JSONDocument(parsing: held.body).root)
        guard comparison.isEqual else { return false }
        for reference in comparison.conditional where try await !leads(reference) { return false }
        return true
    }

    /// Whether a conditional reference still leads to what the server once put in its place.
    private func leads(_ reference: HeldComparison.Conditional) async throws -> Bool {
        let answer = try await client.send(
            ClientRequest(
                .get, RequestTarget.encoded("/fhir/\(reference.query)"),
                headers: [("Accept", Loader.fhirJSON)]))
        let entries = try JSONDocument(parsing: answer.body).root["entry"]?.elements.map { $0 }
        guard let entries, entries.count == 1, let found = entries[0]["resource"],
            let type = found["resourceType"]?.string, let id = found["id"]?.string
        else { return false }
        return reference.held == "\(type)/\(id)"
    }
}
