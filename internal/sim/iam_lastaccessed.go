package sim

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// accessTracking is how far back service last accessed knows (IAM API
// reference, GenerateServiceLastAccessedDetails).
const accessTracking = 400 * 24 * time.Hour

var (
	jobIDRule       = rule{36, 36, nil, "", ""}
	granularityEnum = []string{"SERVICE_LEVEL", "ACTION_LEVEL"}
	entityPattern   = regexp.MustCompile(`^arn:aws:iam::[0-9]{12}:(role|user)/`)
)

// trackedServices are the services that a report lists where the entity may use
// them, by namespace.
var trackedServices = map[string]string{ //nolint:gosec // names of services, no credentials
	"bedrock": "Amazon Bedrock", "codecommit": "AWS CodeCommit", "dynamodb": "Amazon DynamoDB", "ec2": "Amazon EC2", "iam": "AWS Identity and Access Management",
	"kms": "AWS Key Management Service", "lambda": "AWS Lambda", "s3": "Amazon S3", "secretsmanager": "AWS Secrets Manager", "ses": "Amazon SES",
	"sns": "Amazon SNS", "sqs": "Amazon SQS", "ssm": "AWS Systems Manager", "sts": "AWS Security Token Service",
}

// accessJob is a report of when an entity last used each service.
type accessJob struct {
	entity  string // ARN
	created time.Time
	polls   int // calls that still find it in the making
	failure string
	uses    []serviceUse
}

// serviceUse is the last use of a service that an entity may use.
type serviceUse struct {
	namespace string
	last      *lastUse // nil when it was not used
}

// SetServiceLastAccessedPolls sets how many calls of
// GetServiceLastAccessedDetails find a job that is started from now on still in
// progress. The default is 1: no real job is done at once.
func (s *Server) SetServiceLastAccessedPolls(calls int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accessPolls = max(calls, 0)
}

// FailServiceLastAccessed lets jobs that are started from now on fail with a
// message; none does with an empty one.
func (s *Server) FailServiceLastAccessed(message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accessFailure = message
}

// RecordServiceUse says that a role or user, by its ARN, has used a service,
// such as "codecommit", at a time, by other means than its access keys.
func (a *Account) RecordServiceUse(arn, namespace, region string, at time.Time) {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	use := lastUse{at: at.UTC(), region: region, service: namespace}
	a.serviceUses[arn] = append(a.serviceUses[arn], use)
	if r := a.role(arn[strings.LastIndex(arn, "/")+1:]); r != nil && r.arn() == arn && (r.used == nil || use.at.After(r.used.at)) {
		r.used = &lastUse{at: use.at, region: region}
	}
}

// onEntity is the permission to ask about a role or a user.
func onEntity(r *request) []access {
	a := access{action: r.permission(), resource: r.str("Arn")}
	if e := r.account.accessed(a.resource); e != nil {
		a.tags = e.tags
	}
	return []access{a}
}

// accessEntity is a role or user that a report is about.
type accessEntity struct {
	tags []tag
	docs []*document
	uses []lastUse
}

// accessed finds a role or user by its ARN; nil where there is none.
func (a *Account) accessed(arn string) *accessEntity {
	name := arn[strings.LastIndex(arn, "/")+1:]
	if r := a.role(name); r != nil && r.arn() == arn {
		return &accessEntity{tags: r.tags, docs: r.documents(a), uses: a.serviceUses[arn]}
	}
	u := a.user(name)
	if u == nil || u.arn() != arn {
		return nil
	}
	e := &accessEntity{tags: u.tags, docs: u.policies(), uses: slices.Clone(a.serviceUses[arn])}
	for _, k := range u.keys {
		if k.used != nil {
			e.uses = append(e.uses, *k.used)
		}
	}
	return e
}

// services are those that the entity may use, with the last use of each that is
// still known.
func (e *accessEntity) services(now time.Time) (out []serviceUse) {
	for namespace := range trackedServices {
		if !slices.ContainsFunc(e.docs, func(d *document) bool { return d.mentions(namespace) }) {
			continue
		}
		use := serviceUse{namespace: namespace}
		for _, u := range e.uses {
			if u.service == namespace && u.at.After(now.Add(-accessTracking)) && (use.last == nil || u.at.After(use.last.at)) {
				use.last = &u
			}
		}
		out = append(out, use)
	}
	slices.SortFunc(out, func(x, y serviceUse) int { return strings.Compare(x.namespace, y.namespace) })
	return out
}

// mentions reports whether the policy allows anything of a service.
func (d *document) mentions(namespace string) bool {
	return slices.ContainsFunc(d.statements, func(s *statement) bool {
		return s.allow && (len(s.notActions) > 0 || slices.ContainsFunc(s.actions, func(action string) bool {
			service, _, _ := strings.Cut(action, ":")
			return matchAction(service, namespace)
		}))
	})
}

func generateServiceLastAccessedDetails(r *request) ([]node, error) {
	arn := r.required("Arn", arnRule)
	r.enum("Granularity", "SERVICE_LEVEL", granularityEnum...)
	if err := r.checked(); err != nil {
		return nil, err
	}
	if !entityPattern.MatchString(arn) {
		return nil, errInvalidInput("The simulator reports on roles and users, not on %s.", arn)
	}
	e := r.account.accessed(arn)
	if e == nil {
		return nil, errNoSuchEntity("ARN %s does not exist.", arn)
	}
	r.server.serial++
	id := UUID(indexed("last-accessed", r.server.serial))
	r.account.accessJobs[id] = &accessJob{entity: arn, created: r.now, polls: r.server.accessPolls, failure: r.server.accessFailure, uses: e.services(r.now)}
	return []node{text("JobId", id)}, nil
}

func getServiceLastAccessedDetails(r *request) ([]node, error) {
	id := r.required("JobId", jobIDRule)
	if err := r.checked(); err != nil {
		return nil, err
	}
	job := r.account.accessJobs[id]
	if job == nil {
		return nil, errNoSuchEntity("The job with id %s cannot be found.", id)
	}
	out := []node{text("JobType", "SERVICE_LEVEL"), date("JobCreationDate", job.created)}
	if job.polls > 0 {
		job.polls--
		return append(out, text("JobStatus", "IN_PROGRESS"), boolean("IsTruncated", false), list("ServicesLastAccessed", nil, job.node)), nil
	}
	if job.failure != "" {
		return append(out, text("JobStatus", "FAILED"), date("JobCompletionDate", job.created), boolean("IsTruncated", false),
			list("ServicesLastAccessed", nil, job.node), el("Error", text("Message", job.failure), text("Code", "GENERAL_SERVICE_ERROR"))), nil
	}
	services, err := pagedMembers(r, "ServicesLastAccessed", job.uses, job.node)
	if err != nil {
		return nil, err
	}
	return append(append(out, text("JobStatus", "COMPLETED"), date("JobCompletionDate", job.created)), services...), nil
}

func (j *accessJob) node(u serviceUse) node {
	kids := []node{text("ServiceName", trackedServices[u.namespace]), text("ServiceNamespace", u.namespace)}
	if u.last == nil {
		return el("member", append(kids, number("TotalAuthenticatedEntities", 0))...)
	}
	return el("member", append(kids, number("TotalAuthenticatedEntities", 1), date("LastAuthenticated", u.last.at),
		text("LastAuthenticatedRegion", u.last.region), text("LastAuthenticatedEntity", j.entity))...)
}
