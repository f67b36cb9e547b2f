package AliEn::Service::JobAgent::PoD;

use strict;
use warnings;

use AliEn::PoD;
use AliEn::PoD::Worker;

# How long before its end an agent stops looking and stops its workers: what AliEn keeps for saving output, in seconds.
my $TTL_RESERVE = 300;

# Our settings: the VO's key, and the default. On a CE or MonaLisa entry the key is upper case without underscores, after
# CE_ or MONALISA_.
my %SETTINGS = (
    enabled        => ['POD_ENABLED',        'no'],
    check_period   => ['POD_CHECK_PERIOD',   30],
    run_time       => ['POD_RUN_TIME',       300],
    repository     => ['POD_MONALISA_URL',   undef],
    worker_command => ['POD_WORKER_COMMAND', undef],
    allow_unsigned => ['POD_ALLOW_UNSIGNED', 'no'],
);

sub settings {
    my ($config) = @_;
    my %found;
    foreach my $name (keys %SETTINGS) {
        my ($vo_key, $default) = @{ $SETTINGS{$name} };
        (my $entry_key = $vo_key) =~ s/_//g;
        $found{$name} = $default;
        foreach my $key ("CE_$entry_key", "MONALISA_$entry_key", $vo_key) {
            my $list = $config->{"${key}_LIST"};
            my $value = $name eq 'repository' && ref $list eq 'ARRAY' && @$list ? [@$list] : $config->{$key};
            next if !defined $value || $value eq '';
            $found{$name} = $value;
            last;
        }
    }
    return \%found;
}

sub checkPoD {
    my ($class, $agent, %options) = @_;
    my $settings = settings($agent->{CONFIG} || {});
    return 0 if $settings->{enabled} ne 'yes';
    my ($worked, $error);
    {
        local $@;
        $worked = eval { $class->_check($agent, $settings, \%options) };
        $error = $@ if !defined $worked;
    }
    return $worked if defined $worked;

    # An agent's own way out, such as a signal handler that dies, is not ours to keep.
    my $is_ours = do { local $@; ref $error && eval { $error->isa('AliEn::PoD::Error') } };
    die $error if !$is_ours;
    _log($agent, "no PoD: $error");
    return 0;
}

sub _check {
    my ($class, $agent, $settings, $options) = @_;
    my $watcher = $agent->{POD_WATCHER} ||= AliEn::PoD::Watcher->new(
        repository     => $settings->{repository},
        check_period   => $settings->{check_period},
        run_time       => $settings->{run_time},
        directory      => $options->{directory},
        master_job_id  => $options->{master_job_id},
        allow_unsigned => $settings->{allow_unsigned} eq 'yes' ? 1 : 0,
        log            => sub { _log($agent, $_[0]) },
    );
    my $deadline = time + _time_left($agent, $settings->{run_time});
    my $worked = 0;
    while ((my $left = $deadline - time) >= 1) {
        my $found = $watcher->run(run_time => $left);
        if (!$found) {
            _log($agent, 'no master wants workers') if !$agent->{POD_NO_MASTER};
            $agent->{POD_NO_MASTER} = 1;
            last;
        }
        $agent->{POD_NO_MASTER} = 0;
        _log($agent, "master $found->{master_job_id} at $found->{address} wants $found->{wanted} workers");
        my $exit_code = _work($agent, $settings, $options, $found);
        $watcher->worker_ended($exit_code);
        $worked ||= $exit_code == 0 ? 1 : 0;
        last if $options->{once};
    }
    return $worked;
}

# Runs one worker to its end.
sub _work {
    my ($agent, $settings, $options, $found) = @_;
    my $command = $settings->{worker_command};
    my $worker = AliEn::PoD::Worker->new(
        found              => $found,
        directory          => $options->{directory},
        alien_pod          => $options->{alien_pod} || ['alien-pod'],
        pod_worker_command => defined $command ? [split ' ', $command] : [],
    );
    my ($supervised, $error);
    {
        local $@;
        $supervised = eval {
            my $pid = $worker->start;
            _log($agent, "worker $pid started for master $found->{master_job_id}");
            until ($worker->ended) {
                select undef, undef, undef, 0.2;
                last if _time_left($agent, $TTL_RESERVE) < 1;
            }
            1;
        };
        $error = $@;
    }
    $worker->stop;
    _log($agent, 'worker ' . $worker->pid . ' ended: ' . $worker->how_it_ended) if $worker->pid;
    die $error if !$supervised;
    return $worker->exit_code;
}

# What is left of a span within the agent's life, in whole seconds.
sub _time_left {
    my ($agent, $span) = @_;
    return $span if !$agent->{ORIG_TTL} || !$agent->{JOBAGENTSTARTS};
    my $left = $agent->{ORIG_TTL} - (time - $agent->{JOBAGENTSTARTS}) - $TTL_RESERVE;
    return $left < $span ? $left : $span;
}

sub _log {
    my ($agent, $text) = @_;
    $agent->info("PoD: $text") if $agent->can('info');
    return;
}

1;

__END__

=head1 NAME

AliEn::Service::JobAgent::PoD - the JobAgent's PoD subroutine

=head1 SYNOPSIS

    # Where a JobAgent has found no job and would end:
    my $worked = eval {
        require AliEn::Service::JobAgent::PoD;
        AliEn::Service::JobAgent::PoD->checkPoD($self, directory => $self->{WORKDIR});
    };
    return 1 if $worked;

=head1 DESCRIPTION

An idle JobAgent asks MonALISA every I<y> seconds, for I<x> seconds, which PoD masters want workers, and runs a worker
for one of them. Off unless the configuration says C<yes>.

=head2 Settings

From C<< $self->{CONFIG} >>; an LDAP attribute on the CE entry comes before one on the MonaLisa entry and one on the VO's.

    attribute           on a CE              of the VO            default
    podEnabled          CE_PODENABLED        POD_ENABLED          no
    podCheckPeriod      CE_PODCHECKPERIOD    POD_CHECK_PERIOD     30
    podRunTime          CE_PODRUNTIME        POD_RUN_TIME         300
    podMonalisaUrl      CE_PODMONALISAURL    POD_MONALISA_URL     none
    podWorkerCommand    CE_PODWORKERCOMMAND  POD_WORKER_COMMAND   none
    podAllowUnsigned    CE_PODALLOWUNSIGNED  POD_ALLOW_UNSIGNED   no

=head1 METHODS

=head2 AliEn::Service::JobAgent::PoD->checkPoD($agent, %options)

Looks for masters and runs workers until I<x> is over, which is cut to what is left of the agent's TTL. Returns true when
a worker had a slot and ended well. A failure is a line in the agent's log (C<< $agent->info >>), never an exception; only
an exception of the agent's own, from a signal handler, goes through.

Options: C<directory>, where F<server_info.cfg> is written and the worker runs; C<alien_pod>, the command line of our
program as a list; C<master_job_id>, the one master to look for; C<once>, true to run one worker only.

=head2 AliEn::Service::JobAgent::PoD::settings($config)

The settings, as a reference to a hash.

=cut
