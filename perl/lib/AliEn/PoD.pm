package AliEn::PoD;

use strict;
use warnings;

our $VERSION = '0.1.0';

# The number of the C interface that PoD.xs is written for.
my $ABI_VERSION = 1;

require XSLoader;
XSLoader::load('AliEn::PoD', $VERSION);

if (_abi_version() != $ABI_VERSION) {
    die "AliEn::PoD $VERSION needs libAlienPoD.so with ABI version $ABI_VERSION, found " . _abi_version() . "\n";
}

require AliEn::PoD::Publisher;
require AliEn::PoD::Watcher;

# AliEn::PoD::Error is loaded with the first error: it would be a third of the time that loading us takes.
sub _refuse {
    my ($problem) = @_;
    require AliEn::PoD::Error;
    AliEn::PoD::Error->throw(64, $problem);
}

1;

__END__

=encoding utf8

=head1 NAME

AliEn::PoD - PoD masters advertised through MonALISA, and found there

=head1 SYNOPSIS

    use AliEn::PoD;

    my $publisher = AliEn::PoD::Publisher->new(
        master_job_id => $ENV{ALIEN_PROC_ID},
        address       => "$host:$port",
        destinations  => ['monalisa.site:8884'],
        wanted        => 10,
    );
    $publisher->publish;

    my $watcher = AliEn::PoD::Watcher->new(
        repository   => 'http://alimonitor.cern.ch',
        check_period => 30,
        run_time     => 300,
        directory    => $workdir,
    );
    my $found = $watcher->run;

=head1 DESCRIPTION

A PoD master advertises itself through MonALISA (cluster C<PoD_Masters>, node = its MasterJobId). Idle JobAgents ask a
MonALISA repository which masters want workers, write a C<server_info.cfg> that names one, and start a worker.

This module loads F<libAlienPoD.so>, which does the work, and checks that it is the one that it was built with. See
L<AliEn::PoD::Publisher>, L<AliEn::PoD::Watcher>, L<AliEn::PoD::Error>, and L<AliEn::Service::JobAgent::PoD> for the
JobAgent's subroutine.

The library starts no thread, installs no signal handler and never blocks; waiting is done here, in slices of 0.2 s
after which signal handlers run. Objects work on after a C<fork>, in both processes. An object belongs to the
interpreter thread that made it.

=head1 FUNCTIONS

=head2 AliEn::PoD::library_version()

The version of the library that was loaded.

=cut
