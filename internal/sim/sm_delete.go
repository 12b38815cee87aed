package sim

import (
	"slices"
	"strings"
	"time"
)

// Recovery window of a secret in days (Secrets Manager API reference,
// DeleteSecret).
const (
	minRecovery     = 7
	maxRecovery     = 30
	defaultRecovery = 30
)

// deleteSecret schedules a deletion, or deletes at once and then also takes a
// secret that is not there for deleted (the same page).
func deleteSecret(r *request) (object, error) {
	id := r.needText("SecretId", secretIDRule)
	days := r.mayNumber("RecoveryWindowInDays", -1<<31, 1<<31, defaultRecovery)
	if err := r.checked(); err != nil {
		return nil, err
	}
	force, window := r.input.flag("ForceDeleteWithoutRecovery"), r.input.has("RecoveryWindowInDays")
	switch {
	case force && window:
		return nil, errParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
	case days < minRecovery || days > maxRecovery:
		return nil, errParameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")
	}
	secrets := r.account.secretsOf(r.region)
	s := r.account.secretByID(id, r.region)
	switch {
	case s == nil && force:
		return object{"ARN": id, "Name": id, "DeletionDate": epoch(r.now)}, nil
	case s == nil:
		return nil, errNoSuchSecret()
	case s.primary != nil:
		return nil, errParameter("Operation not permitted on a replica secret. Call must be made in primary secret's region.")
	case len(s.replicas) > 0:
		return nil, errRequest("You can't delete secret %s that still has replica regions [%s].", s.name, strings.Join(s.replicaNames(), ","))
	}
	if force {
		secrets.remove(s.name, r.server.lag)
		return object{"ARN": s.arn(), "Name": s.name, "DeletionDate": epoch(r.now)}, nil
	}
	if !s.deletion.IsZero() {
		return nil, errMarkedDeleted()
	}
	s.changing(r)
	s.deletion = r.now.Add(time.Duration(days) * 24 * time.Hour)
	return object{"ARN": s.arn(), "Name": s.name, "DeletionDate": epoch(s.deletion)}, nil
}

// restoreSecret calls a scheduled deletion off. Of a secret without one it
// changes nothing.
func restoreSecret(r *request) (object, error) {
	id := r.needText("SecretId", secretIDRule)
	if err := r.checked(); err != nil {
		return nil, err
	}
	s := r.account.secretByID(id, r.region)
	if s == nil {
		return nil, errNoSuchSecret()
	}
	s.changing(r)
	s.deletion = time.Time{}
	return object{"ARN": s.arn(), "Name": s.name}, nil
}

func (s *secret) replicaNames() []string {
	var out []string
	for _, r := range s.replicas {
		out = append(out, r.region)
	}
	return out
}

// replication writes ReplicationStatus. Replication takes no time here.
func (s *secret) replication() []object {
	var out []object
	for _, r := range s.replicas {
		o := object{"Region": r.region, "Status": "InSync"}
		if r.failed {
			o["Status"] = "Failed"
			o["StatusMessage"] = "Replication failed: Secret name " + s.name + " already exists in region " + r.region + "."
		}
		o.text("KmsKeyId", r.kmsKey)
		out = append(out, o)
	}
	return out
}

// replicaRegions reads AddReplicaRegions.
func (r *request) replicaRegions() ([]replica, error) {
	var out []replica
	for _, o := range r.input.objects("AddReplicaRegions") {
		region := o.str("Region")
		switch {
		case !regionName.MatchString(region):
			return nil, errValidation("1 validation error detected: Value '%s' at 'addReplicaRegions.1.member.region' failed to satisfy constraint: Member must satisfy regular expression pattern: ^([a-z]+-)+\\d+$", region)
		case region == r.region:
			return nil, errParameter("Invalid replica region. You can't replicate a secret to its own region.")
		}
		out = append(out, replica{region: region, kmsKey: o.str("KmsKeyId")})
	}
	return out, nil
}

// replicate adds replicas, or tries failed ones again. A secret of the same name
// in a region makes the replica fail, and the call succeed, unless
// ForceOverwriteReplicaSecret is given.
func (r *request) replicate(s *secret, replicas []replica) error {
	for _, rep := range replicas {
		if slices.ContainsFunc(s.replicas, func(o replica) bool { return o.region == rep.region && !o.failed }) {
			return errParameter("Secret is already replicated to region %s.", rep.region)
		}
	}
	for _, rep := range replicas {
		there := r.account.secretsOf(rep.region)
		rep.failed = there.get(s.name) != nil && !r.input.flag("ForceOverwriteReplicaSecret")
		s.replicas = slices.DeleteFunc(slices.Clone(s.replicas), func(o replica) bool { return o.region == rep.region })
		s.replicas = append(s.replicas, rep)
		if !rep.failed {
			copied := &secret{account: s.account, region: rep.region, name: s.name, suffix: s.suffix, kmsKey: rep.kmsKey, primary: s}
			there.put(s.name, copied, r.server.lag)
		}
	}
	return nil
}

func replicateSecret(r *request) (object, error) {
	replicas, err := r.replicaRegions()
	if err != nil {
		return nil, err
	}
	s, err := r.changedSecret()
	if err != nil {
		return nil, err
	}
	s.changing(r)
	if err := r.replicate(s, replicas); err != nil {
		return nil, err
	}
	return object{"ARN": s.arn(), "ReplicationStatus": s.replication()}, nil
}

func removeReplicas(r *request) (object, error) {
	s, err := r.changedSecret()
	if err != nil {
		return nil, err
	}
	regions := r.input.list("RemoveReplicaRegions")
	for _, region := range regions {
		if !slices.Contains(s.replicaNames(), region) {
			return nil, errParameter("Secret is not replicated to region %s.", region)
		}
	}
	s.changing(r)
	s.replicas = slices.DeleteFunc(slices.Clone(s.replicas), func(rep replica) bool { return slices.Contains(regions, rep.region) })
	for _, region := range regions {
		// A replica that failed left another secret where it is.
		if there := r.account.secretsOf(region); there.get(s.name) != nil && there.get(s.name).primary == s {
			there.remove(s.name, r.server.lag)
		}
	}
	return object{"ARN": s.arn(), "ReplicationStatus": s.replication()}, nil
}
