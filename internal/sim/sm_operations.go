package sim

import "strings"

// secretsManagerOperations are the operations of Secrets Manager that the
// simulator offers.
var secretsManagerOperations map[string]operation

func init() {
	secretsManagerOperations = map[string]operation{
		"CreateSecret":             {json: createSecret, needs: newSecret},
		"DescribeSecret":           {json: describeSecret, needs: onSecret},
		"GetSecretValue":           {json: getSecretValue, needs: onSecret},
		"PutSecretValue":           {json: putSecretValue, needs: onSecret},
		"UpdateSecret":             {json: updateSecret, needs: onSecret},
		"UpdateSecretVersionStage": {json: updateSecretVersionStage, needs: onSecret},
		"ListSecretVersionIds":     {json: listSecretVersionIDs, needs: onSecret},
		"ListSecrets":              {json: listSecrets, needs: onAnything},

		"TagResource":   {json: tagSecret, needs: onSecret},
		"UntagResource": {json: untagSecret, needs: onSecret},

		"PutResourcePolicy":      {json: putSecretPolicy, needs: onSecret},
		"GetResourcePolicy":      {json: getSecretPolicy, needs: onSecret},
		"DeleteResourcePolicy":   {json: deleteSecretPolicy, needs: onSecret},
		"ValidateResourcePolicy": {json: validateSecretPolicy, needs: onSecretPolicy},

		"DeleteSecret":  {json: deleteSecret, needs: onSecret},
		"RestoreSecret": {json: restoreSecret, needs: onSecret},

		"ReplicateSecretToRegions":     {json: replicateSecret, needs: onSecret},
		"RemoveRegionsFromReplication": {json: removeReplicas, needs: onSecret},

		"GetRandomPassword": {json: getRandomPassword, needs: onAnything},
	}
}

// newSecret is the permission to make a secret. Its ARN, random end included,
// is fixed by then; tags and replicas take permissions of their own (Secrets
// Manager API reference, CreateSecret).
func newSecret(r *request) []access {
	r.account.purge(r.now)
	r.server.serial++
	r.suffix = deriveSuffix(indexed("secret", r.server.serial))
	name := r.input.str("Name")
	s := &secret{account: r.account, region: r.region, name: name, suffix: r.suffix}
	a := access{action: r.permission(), resource: s.arn(), shown: name}
	a.keys = map[string]string{"secretsmanager:Name": name}
	if key := r.input.str("KmsKeyId"); key != "" {
		a.keys["secretsmanager:KmsKeyId"] = key
	}
	needs := []access{a}
	if r.input.has("Tags") {
		a.action = "secretsmanager:TagResource"
		needs = append(needs, a)
	}
	if r.input.has("AddReplicaRegions") {
		a.action = "secretsmanager:ReplicateSecretToRegions"
		needs = append(needs, a)
	}
	return needs
}

// onSecret is the permission on the secret that SecretId names, which the
// secret's own policy can give as well.
func onSecret(r *request) []access {
	r.account.purge(r.now)
	id := r.input.str("SecretId")
	a := access{action: r.permission(), resource: id, keys: map[string]string{"secretsmanager:SecretId": id}}
	if !strings.HasPrefix(id, "arn:") {
		a.resource = r.account.secretPrefix(r.region) + id
		a.shown = id
	}
	s := r.account.secretByID(id, r.region)
	if s != nil {
		from := s.source()
		a.resource, a.shown, a.tags = s.arn(), "", from.tags
		a.keys["secretsmanager:Name"] = s.name
		a.keys["secretsmanager:SecretId"] = s.arn()
		if from.policy != nil {
			a.policy = from.policy.doc
		}
	}
	if stage := r.input.str("VersionStage"); stage != "" {
		a.keys["secretsmanager:VersionStage"] = stage
	}
	if version := r.input.str("VersionId"); version != "" {
		a.keys["secretsmanager:VersionId"] = version
	}
	if r.action == "DeleteSecret" && r.input.flag("ForceDeleteWithoutRecovery") {
		a.keys["secretsmanager:ForceDeleteWithoutRecovery"] = "true"
	}
	return []access{a}
}

// onSecretPolicy is for a policy to validate, which need not be of a secret.
func onSecretPolicy(r *request) []access {
	if !r.input.has("SecretId") {
		return onAnything(r)
	}
	return onSecret(r)
}
